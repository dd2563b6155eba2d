const PUBSUB = '/pubservice.PubsubService'

export const PUBLISH: string = `${PUBSUB}/Publish`
export const SUBSCRIBE_TOPIC: string = `${PUBSUB}/SubscribeTopic`
export const SUBSCRIBE: string = `${PUBSUB}/Subscribe`

export const REFLECTION: { readonly v1: string; readonly v1alpha: string } = {
  v1: '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
  v1alpha: '/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo'
}

/**
 * Asked by our client to learn whom it talks to: sprbus does not know the method. A bus that does handles calls in the order
 * they came, and answers a subscription as soon as it stands.
 */
export const HELLO = '/packet_logs.Bus/Hello'

/** The header in which a SubscribeTopic carries what it asks for beyond sprbus, as a subscribe line of newline-JSON. */
export const SUBSCRIBE_HEADER = 'packet-logs-subscribe'
