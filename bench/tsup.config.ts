import type { Options } from 'tsup'
import { bundlePrivate } from '../tsup.base.js'

const options: Options = bundlePrivate(['src/index.ts', 'src/subscriber.ts', 'src/watcher.ts'])
export default options
