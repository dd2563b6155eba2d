import { SERVICE_FILES, SERVICES } from './descriptor.js'
import { bytesField, ProtobufReader, varintField } from './protobuf.js'
import { NOT_FOUND, UNIMPLEMENTED } from './status.js'

// Fields of ServerReflectionRequest.
const FILE_BY_FILENAME = 3
const FILE_CONTAINING_SYMBOL = 4
const FILE_CONTAINING_EXTENSION = 5
const ALL_EXTENSION_NUMBERS_OF_TYPE = 6
const LIST_SERVICES = 7

// Fields of ServerReflectionResponse.
const HOST = 1
const ORIGINAL_REQUEST = 2
const FILE_DESCRIPTOR_RESPONSE = 4
const ALL_EXTENSION_NUMBERS_RESPONSE = 5
const LIST_SERVICES_RESPONSE = 6
const ERROR_RESPONSE = 7

/**
 * Answers one request of the reflection service, which tells tools like grpcurl what the bus serves.
 * @throws GrpcStatusError INVALID_ARGUMENT
 */
export function reflect(request: Buffer): Buffer {
  const reader = new ProtobufReader(request)
  let host = ''
  let answer = errorResponse(UNIMPLEMENTED, 'no such question')
  for (let field = reader.next(); field !== undefined; field = reader.next()) {
    if (field === HOST) host = reader.text()
    else if (field === FILE_CONTAINING_EXTENSION) {
      reader.skip()
      answer = errorResponse(NOT_FOUND, 'there are no extensions')
    } else answer = answerTo(field, reader) ?? answer
  }
  const parts = [bytesField(ORIGINAL_REQUEST, request), answer]
  return Buffer.concat(host === '' ? parts : [bytesField(HOST, host), ...parts])
}

function answerTo(field: number, reader: ProtobufReader): Buffer | undefined {
  switch (field) {
    case FILE_BY_FILENAME:
      return fileResponse(reader.text(), file => file.name)
    case FILE_CONTAINING_SYMBOL:
      return fileResponse(reader.text(), file => file.symbols)
    case ALL_EXTENSION_NUMBERS_OF_TYPE:
      return extensionsResponse(reader.text())
    case LIST_SERVICES:
      reader.skip()
      return bytesField(LIST_SERVICES_RESPONSE, Buffer.concat(SERVICES.map(name => bytesField(1, bytesField(1, name)))))
    default:
      reader.skip()
      return undefined
  }
}

function fileResponse(
  wanted: string,
  namesOf: (file: (typeof SERVICE_FILES)[number]) => string | readonly string[]
): Buffer {
  const file = SERVICE_FILES.find(candidate => [namesOf(candidate)].flat().includes(wanted))
  if (file === undefined) return errorResponse(NOT_FOUND, `there is no ${wanted}`)
  return bytesField(FILE_DESCRIPTOR_RESPONSE, bytesField(1, file.descriptor))
}

function extensionsResponse(typeName: string): Buffer {
  const isKnown = SERVICE_FILES.some(file => file.symbols.includes(typeName))
  if (!isKnown) return errorResponse(NOT_FOUND, `there is no ${typeName}`)
  return bytesField(ALL_EXTENSION_NUMBERS_RESPONSE, bytesField(1, typeName))
}

function errorResponse(code: number, message: string): Buffer {
  return bytesField(ERROR_RESPONSE, Buffer.concat([varintField(1, code), bytesField(2, message)]))
}
