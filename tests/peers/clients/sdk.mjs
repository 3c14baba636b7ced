// @modelcontextprotocol/sdk, the first line of the TypeScript SDK.
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { story } from "./story.mjs";

const { url, command, env } = JSON.parse(process.argv[2]);
const transport = url
  ? new StreamableHTTPClientTransport(new URL(url))
  : new StdioClientTransport({ command, args: ["mcp"], env });
const pass = transport.setProtocolVersion?.bind(transport);
transport.setProtocolVersion = (revision) => {
  console.log(JSON.stringify({ step: "connect", revision }));
  pass?.(revision);
};
const client = new Client({ name: "peer", version: "1.0.0" });
await client.connect(transport);
await story(client);
await client.close();
