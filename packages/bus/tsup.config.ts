import type { Options } from 'tsup'
import { bundle } from '../../tsup.base.js'

const options: Options = bundle(['src/index.ts', 'src/grpc/index.ts'])
export default options
