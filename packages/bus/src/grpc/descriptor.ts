import { bytesField, varintField } from './protobuf.js'

/** A .proto file as the reflection service hands it out. */
export interface ServiceFile {
  readonly name: string
  /** Full names of its services, methods and messages, as one may ask for them. */
  readonly symbols: readonly string[]
  /** A serialised `google.protobuf.FileDescriptorProto`. */
  readonly descriptor: Buffer
}

/** The type of a field: a scalar, or the name of a message in the same file. */
type FieldType = 'string' | 'bytes' | 'int32' | { message: string }

interface Field {
  readonly name: string
  readonly number: number
  readonly type: FieldType
  readonly repeated?: boolean
  /** Whether it belongs to the message's only `oneof`. */
  readonly oneof?: boolean
}

interface Message {
  readonly name: string
  readonly fields: readonly Field[]
  /** Name of its only `oneof`. */
  readonly oneof?: string
}

interface Method {
  readonly name: string
  readonly input: string
  readonly output: string
  readonly clientStreams?: boolean
  readonly serverStreams?: boolean
}

// Numbers from google/protobuf/descriptor.proto.
const LABEL = { optional: 1, repeated: 3 }
const TYPE = { int32: 5, string: 9, message: 11, bytes: 12 }

function serviceFile(
  name: string,
  packageName: string,
  service: { readonly name: string; readonly methods: readonly Method[] },
  messages: readonly Message[]
): ServiceFile {
  const methods = service.methods.map(method => `${packageName}.${service.name}.${method.name}`)
  return {
    name,
    symbols: [
      `${packageName}.${service.name}`,
      ...methods,
      ...messages.map(message => `${packageName}.${message.name}`)
    ],
    descriptor: Buffer.concat([
      bytesField(1, name),
      bytesField(2, packageName),
      ...messages.map(message => bytesField(4, messageDescriptor(message, packageName))),
      bytesField(
        6,
        Buffer.concat([
          bytesField(1, service.name),
          ...service.methods.map(method => bytesField(2, methodDescriptor(method, packageName)))
        ])
      ),
      bytesField(12, 'proto3')
    ])
  }
}

function messageDescriptor({ name, fields, oneof }: Message, packageName: string): Buffer {
  const parts = [bytesField(1, name), ...fields.map(field => bytesField(2, fieldDescriptor(field, packageName)))]
  return Buffer.concat(oneof === undefined ? parts : [...parts, bytesField(8, bytesField(1, oneof))])
}

function fieldDescriptor({ name, number, type, repeated, oneof }: Field, packageName: string): Buffer {
  const parts = [
    bytesField(1, name),
    varintField(3, number),
    varintField(4, repeated ? LABEL.repeated : LABEL.optional)
  ]
  if (typeof type === 'string') parts.push(varintField(5, TYPE[type]))
  else parts.push(varintField(5, TYPE.message), bytesField(6, `.${packageName}.${type.message}`))
  if (oneof) parts.push(varintField(9, 0))
  return Buffer.concat(parts)
}

function methodDescriptor(method: Method, packageName: string): Buffer {
  const parts = [
    bytesField(1, method.name),
    bytesField(2, `.${packageName}.${method.input}`),
    bytesField(3, `.${packageName}.${method.output}`)
  ]
  if (method.clientStreams) parts.push(varintField(5, 1))
  if (method.serverStreams) parts.push(varintField(6, 1))
  return Buffer.concat(parts)
}

const pubservice = serviceFile(
  'pubservice.proto',
  'pubservice',
  {
    name: 'PubsubService',
    methods: [
      { name: 'Publish', input: 'String', output: 'String' },
      { name: 'SubscribeTopic', input: 'String', output: 'String', serverStreams: true },
      { name: 'Subscribe', input: 'String', output: 'String', serverStreams: true }
    ]
  },
  [
    {
      name: 'String',
      fields: [
        { name: 'topic', number: 1, type: 'string' },
        { name: 'value', number: 2, type: 'string' }
      ]
    }
  ]
)

function reflectionFile(version: 'v1' | 'v1alpha'): ServiceFile {
  const messages: readonly Message[] = [
    {
      name: 'ServerReflectionRequest',
      fields: [
        { name: 'host', number: 1, type: 'string' },
        { name: 'file_by_filename', number: 3, type: 'string', oneof: true },
        { name: 'file_containing_symbol', number: 4, type: 'string', oneof: true },
        { name: 'file_containing_extension', number: 5, type: { message: 'ExtensionRequest' }, oneof: true },
        { name: 'all_extension_numbers_of_type', number: 6, type: 'string', oneof: true },
        { name: 'list_services', number: 7, type: 'string', oneof: true }
      ],
      oneof: 'message_request'
    },
    {
      name: 'ExtensionRequest',
      fields: [
        { name: 'containing_type', number: 1, type: 'string' },
        { name: 'extension_number', number: 2, type: 'int32' }
      ]
    },
    {
      name: 'ServerReflectionResponse',
      fields: [
        { name: 'valid_host', number: 1, type: 'string' },
        { name: 'original_request', number: 2, type: { message: 'ServerReflectionRequest' } },
        { name: 'file_descriptor_response', number: 4, type: { message: 'FileDescriptorResponse' }, oneof: true },
        {
          name: 'all_extension_numbers_response',
          number: 5,
          type: { message: 'ExtensionNumberResponse' },
          oneof: true
        },
        { name: 'list_services_response', number: 6, type: { message: 'ListServiceResponse' }, oneof: true },
        { name: 'error_response', number: 7, type: { message: 'ErrorResponse' }, oneof: true }
      ],
      oneof: 'message_response'
    },
    {
      name: 'FileDescriptorResponse',
      fields: [{ name: 'file_descriptor_proto', number: 1, type: 'bytes', repeated: true }]
    },
    {
      name: 'ExtensionNumberResponse',
      fields: [
        { name: 'base_type_name', number: 1, type: 'string' },
        { name: 'extension_number', number: 2, type: 'int32', repeated: true }
      ]
    },
    {
      name: 'ListServiceResponse',
      fields: [{ name: 'service', number: 1, type: { message: 'ServiceResponse' }, repeated: true }]
    },
    { name: 'ServiceResponse', fields: [{ name: 'name', number: 1, type: 'string' }] },
    {
      name: 'ErrorResponse',
      fields: [
        { name: 'error_code', number: 1, type: 'int32' },
        { name: 'error_message', number: 2, type: 'string' }
      ]
    }
  ]
  const [input, output] = ['ServerReflectionRequest', 'ServerReflectionResponse'] as const
  return serviceFile(
    `grpc/reflection/${version}/reflection.proto`,
    `grpc.reflection.${version}`,
    {
      name: 'ServerReflection',
      methods: [{ name: 'ServerReflectionInfo', input, output, clientStreams: true, serverStreams: true }]
    },
    messages
  )
}

/** Everything the bus serves over gRPC. */
export const SERVICE_FILES: readonly ServiceFile[] = [reflectionFile('v1'), reflectionFile('v1alpha'), pubservice]

/** The services by name, sorted. */
export const SERVICES: readonly string[] = [
  'grpc.reflection.v1.ServerReflection',
  'grpc.reflection.v1alpha.ServerReflection',
  'pubservice.PubsubService'
]
