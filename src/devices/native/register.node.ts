// Makes the native device known by name. Imported by what runs in Node only, because the registry itself must bundle for browsers.

import { registerDevice } from '../registry.ts'
import { createNativeDevice } from './device.node.ts'

registerDevice('native', createNativeDevice)
