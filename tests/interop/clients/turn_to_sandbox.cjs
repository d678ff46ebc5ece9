// Loaded before Xero's MCP server: requests to Xero's hosts go to the sandbox of SANDBOX_URL.
// xero-node writes its addresses into the code; both it and axios ask Node's https module.
"use strict";

const http = require("node:http");
const https = require("node:https");

const sandbox = new URL(process.env.SANDBOX_URL);
const XERO = new Set(["api.xero.com", "identity.xero.com", "login.xero.com"]);

https.request = (options, answered) => {
  const host = options.hostname || options.host;
  if (!XERO.has(host)) throw new Error(`not a host of Xero: ${host}`);
  return http.request(
    {
      ...options,
      protocol: "http:",
      host: sandbox.hostname,
      hostname: sandbox.hostname,
      port: sandbox.port,
      agent: undefined,
      agents: undefined,
    },
    answered,
  );
};
