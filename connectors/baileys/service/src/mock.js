// Tests only: a WhatsApp Web of our own on this machine, instead of WhatsApp's.

import { Agent } from "node:http";
import { WA_CERT_DETAILS } from "baileys";

/** Baileys' settings for the mock server at `mock.url` whose certificates are signed by `mock.root`; {} without one. */
export function mockSettings(mock) {
  if (!mock) return {};
  WA_CERT_DETAILS.PUBLIC_KEY = mock.root;
  // Baileys uploads to https addresses only; this agent speaks plain HTTP to the mock's.
  const fetchAgent = Object.assign(new Agent(), { protocol: "https:", defaultPort: 443 });
  return { waWebSocketUrl: mock.url, fetchAgent };
}
