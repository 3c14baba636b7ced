// What each client of ours in JavaScript does: one line of JSON a step.
const tell = (step, said) => console.log(JSON.stringify({ step, ...said }));

export async function story(client) {
  const { tools } = await client.listTools();
  tell("list_tools", { tools: tools.map((tool) => tool.name) });

  const call = async (step, name, args) => {
    const answer = await client.callTool({ name, arguments: args });
    const text = answer.content.map((part) => part.text).join("\n");
    tell(step, { refused: answer.isError === true, text });
    return answer.structuredContent;
  };

  const free = await call("check", "check_availability", { when: "2026-11-23" });
  const booking = { title: "Intake", start_at: free.slots[0].start_at };
  const { event } = await call("book", "create_event", booking);
  await call("book_again", "create_event", booking);
  await call("cancel", "cancel_event", { event_id: event.id });
}
