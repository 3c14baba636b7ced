// Opens the emulator of Google: on loopback alone, as by itself it would at all addresses.
import { once } from "node:events";
import { Server } from "node:net";
import { createEmulator } from "emulate";

const listen = Server.prototype.listen;
let server;
Server.prototype.listen = function (port) {
  server = this;
  return listen.call(this, port, "127.0.0.1");
};

const { port, seed } = JSON.parse(process.argv[2]);
const baseUrl = `http://127.0.0.1:${port}`;
await createEmulator({ service: "google", port, seed, baseUrl });
if (!server.listening) await once(server, "listening");
console.log("ready");
