export { connectGrpcBus } from './client-dialect.js'
export { type GrpcDialectOptions, grpcDialect } from './dialect.js'
