// Makes Node read Baileys with the changes of amendments.js, and, where FLOWENGINE_BAILEYS_MODULES is set,
// from the folder named there instead of the node_modules beside this service. Imported before anything else.

import * as nodeModule from "node:module";
import { loadAmendedSync, resolveElsewhereSync } from "./loading.js";

if (nodeModule.registerHooks) nodeModule.registerHooks({ resolve: resolveElsewhereSync, load: loadAmendedSync });
else nodeModule.register("./loading.js", import.meta.url);
