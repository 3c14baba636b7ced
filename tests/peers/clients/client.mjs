// @modelcontextprotocol/client, the second line of the TypeScript SDK.
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { story } from "./story.mjs";

const { url, command, env } = JSON.parse(process.argv[2]);
const mode = process.argv[3];
const transport = url
  ? new StreamableHTTPClientTransport(new URL(url))
  : new StdioClientTransport({ command, args: ["mcp"], env });
const options = mode ? { versionNegotiation: { mode } } : {};
const client = new Client({ name: "peer", version: "1.0.0" }, options);
await client.connect(transport);
console.log(JSON.stringify({ step: "connect", revision: client.getNegotiatedProtocolVersion() }));
await story(client);
await client.close();
