// ocellus in Node: everything of index.ts, and the native device, `await init({ device: 'native' })`.

import './devices/native/register.node.ts'

export * from './index.ts'
