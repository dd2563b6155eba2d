export { connectGrpcBus } from './client-connection.js'
export { type GrpcDialectOptions, grpcDialect } from './dialect.js'
