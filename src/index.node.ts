// The entry for Node: as the browser's, with relaxed SIMD switched on where the engine hides it behind a flag.

import { enableRelaxedSimd } from './codegen/wasm/features.node.ts'

enableRelaxedSimd()

export * from './index.ts'
