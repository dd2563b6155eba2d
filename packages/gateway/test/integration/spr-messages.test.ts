import { describe, expect, it } from 'vitest'
import type { Client } from './client.js'
import { openClient } from './client.js'
import { eventually } from './eventually.js'
import { openGateway, TOKEN } from './open-gateway.js'

const PACKET = {
  TCP: { SrcPort: 40000, DstPort: 443 },
  IP: { SrcIP: '192.168.2.5', DstIP: '8.8.8.8' },
  Prefix: 'drop:input ',
  Action: 'blocked'
}

async function logIn(url: string): Promise<Client> {
  const client = await openClient(url)
  client.send(TOKEN)
  expect(await client.next()).toBe('success')
  return client
}

describe('/ws', () => {
  it('sends notices in exactly the shape SPR does', async () => {
    const { url, gateway } = await openGateway()
    const client = await logIn(`${url}/ws`)
    await eventually(() => expect(gateway.stats.ws.clients).toBe(1))
    const data = JSON.stringify({ ...PACKET, Prefix: '<&>\u2028' })
    gateway.notify({ topic: 'nft:drop:input', data, notification: true })
    expect(await client.next()).toBe(
      `{"Type":"nft:drop:input","Data":"${data
        .replaceAll('"', '\\"')
        .replace('<&>\u2028', '\\u003c\\u0026\\u003e\\u2028')}","Notification":true,"WildcardAll":false}`
    )
    gateway.notify({ topic: 'wifi:auth:fail', data: '{"a":1}', notification: false })
    expect(await client.next()).toBe(
      '{"Type":"wifi:auth:fail","Data":"{\\"a\\":1}","Notification":false,"WildcardAll":false}'
    )
  })

  it.each<[string, string, boolean]>([
    ['TCP', JSON.stringify(PACKET), true],
    ['UDP', JSON.stringify({ ...PACKET, TCP: undefined, UDP: {} }), true],
    ['neither', JSON.stringify({ ...PACKET, TCP: undefined }), false],
    ['IPv6 alone', JSON.stringify({ ...PACKET, IP: undefined, IPv6: {} }), false],
    ['null for IP', JSON.stringify({ ...PACKET, IP: null }), false],
    ['no JSON', '{', false],
    ['no object', '1', false]
  ])("shows a packet with %s only if SPR's pages can draw it", async (_, data, isShown) => {
    const { url, gateway } = await openGateway()
    const client = await logIn(`${url}/ws`)
    await eventually(() => expect(gateway.stats.ws.clients).toBe(1))
    gateway.notify({ topic: 'nft:drop:input', data, notification: true })
    gateway.notify({ topic: 'alert:nft:drop:input:', data, notification: true })
    expect(await client.nextJson()).toEqual({
      Type: 'nft:drop:input',
      Data: data,
      Notification: isShown,
      WildcardAll: false
    })
    expect(await client.nextJson()).toMatchObject({ Notification: true })
  })

  it('sends nothing of the bus', async () => {
    const { url, gateway, broker } = await openGateway()
    const client = await logIn(`${url}/ws`)
    await eventually(() => expect(gateway.stats.ws.clients).toBe(1))
    broker.publish('nft:drop:input', PACKET)
    gateway.notify({ topic: 'last', data: '{}', notification: true })
    expect(await client.nextJson()).toMatchObject({ Type: 'last' })
    expect(broker.stats.readers).toBe(0)
  })
})

describe('/ws_events_all', () => {
  it('subscribes to the bus only while somebody listens', async () => {
    const { url, broker } = await openGateway()
    const [one, other] = [await logIn(`${url}/ws_events_all`), await logIn(`${url}/ws_events_all`)]
    await eventually(() => expect(broker.stats.readers).toBe(1))
    await one.close()
    expect(broker.stats.readers).toBe(1)
    await other.close()
    await eventually(() => expect(broker.stats.readers).toBe(0))
    await logIn(`${url}/ws_events_all`)
    await eventually(() => expect(broker.stats.readers).toBe(1))
  })

  it('sends every event that is an object, its keys sorted as Go sorts them', async () => {
    const { url, broker } = await openGateway()
    const client = await logIn(`${url}/ws_events_all`)
    await eventually(() => expect(broker.stats.readers).toBe(1))
    for (const text of ['[1]', '"text"', 'no JSON', '', 'null', '7']) broker.publishText('left:out', text)
    broker.publishText('dhcp:request', ' { "b":[{"z":1e3,"a":"<é>"}], "10":1.50, "9":true,"A":{} , "__proto__":null}')
    expect(await client.next()).toBe(
      '{"Type":"dhcp:request","Data":"{\\"10\\":1.5,\\"9\\":true,\\"A\\":{},\\"__proto__\\":null,' +
        '\\"b\\":[{\\"a\\":\\"\\\\u003cé\\\\u003e\\",\\"z\\":1000}]}","Notification":false,"WildcardAll":true}'
    )
  })

  it.each(['wifi:auth:success', 'plugin:x', 'classify:result'])('sends %s twice', async topic => {
    const { url, broker } = await openGateway()
    const client = await logIn(`${url}/ws_events_all`)
    await eventually(() => expect(broker.stats.readers).toBe(1))
    broker.publish(topic, { a: 1 })
    broker.publish('end', {})
    const message = { Type: topic, Data: '{"a":1}' }
    expect(await client.nextJson()).toEqual({ ...message, Notification: false, WildcardAll: true })
    expect(await client.nextJson()).toEqual({ ...message, Notification: true, WildcardAll: false })
    expect(await client.nextJson()).toMatchObject({ Type: 'end', WildcardAll: true })
  })

  it('sends what is to be shown, but not again what it makes of the bus itself', async () => {
    const { url, gateway } = await openGateway()
    const client = await logIn(`${url}/ws_events_all`)
    await eventually(() => expect(gateway.stats.wsEventsAll.clients).toBe(1))
    gateway.notify({ topic: 'wifi:auth:fail', data: '{}', notification: true })
    gateway.notify({ topic: 'nft:lan:in', data: '{}', notification: false })
    gateway.notify({ topic: 'nft:drop:input', data: JSON.stringify(PACKET), notification: true })
    expect(await client.nextJson()).toMatchObject({ Type: 'nft:drop:input', Notification: true, WildcardAll: false })
  })

  it('says good-bye when the bus is closed', async () => {
    const { url, broker, bus } = await openGateway()
    const client = await logIn(`${url}/ws_events_all`)
    await eventually(() => expect(broker.stats.readers).toBe(1))
    await bus.close()
    expect(await client.closed).toEqual({ code: 1001, reason: 'the bus is closed' })
  })
})
