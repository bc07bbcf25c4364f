// The hooks of Node's module loader: where packages are found, and Baileys amended while it is read.

import { pathToFileURL } from "node:url";
import { amended } from "./amendments.js";

const folder = process.env.FLOWENGINE_BAILEYS_MODULES;
const elsewhere = folder ? pathToFileURL(`${folder}/from-here.js`).href : undefined;
const isPackage = (specifier) => !/^(\.|\/|node:|file:|data:)/.test(specifier);
const parent = (specifier, context) =>
  elsewhere && isPackage(specifier) && !context.parentURL?.includes("/node_modules/") ? { ...context, parentURL: elsewhere } : context;

export const resolveElsewhereSync = (specifier, context, next) => next(specifier, parent(specifier, context));
export const resolveElsewhere = async (specifier, context, next) => next(specifier, parent(specifier, context));

export function loadAmendedSync(url, context, next) {
  const loaded = next(url, context);
  return loaded.source ? { ...loaded, source: amended(url, loaded.source) } : loaded;
}

export async function loadAmended(url, context, next) {
  const loaded = await next(url, context);
  return loaded.source ? { ...loaded, source: amended(url, loaded.source) } : loaded;
}

// The names under which Node's `register` looks for them.
export { resolveElsewhere as resolve, loadAmended as load };
