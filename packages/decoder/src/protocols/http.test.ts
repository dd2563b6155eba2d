import { describe, expect, it } from 'vitest'
import { ipv4, logged, tcp } from '../../test/build.js'
import { decodePacket, toPacketInfo } from '../decoder.js'
import { Http } from './http.js'

const segment = (text: string) =>
  ipv4(tcp(Uint8Array.from(Buffer.from(text)), { destinationPort: 8080 }), { protocol: 6 })
const decode = (text: string) => {
  const packet = decodePacket(segment(text))
  return { http: packet.get(Http), error: packet.error }
}

const request = 'GET /a?b=c HTTP/1.1\r\nuser-agent: curl/8\r\nHOST:  example.org:8080 \r\nHost: other\r\n\r\nbody'

describe('HTTP', () => {
  it('gives what a client asks, and whom', () => {
    const { http, error } = decode(request)
    expect(error).toBeUndefined()
    expect(http).toMatchObject({
      isRequest: true,
      method: 'GET',
      target: '/a?b=c',
      version: '1.1',
      host: 'example.org:8080',
      userAgent: 'curl/8',
      status: undefined,
      reason: undefined,
      isPartial: false
    })
    expect(Buffer.from(http?.payload ?? []).toString()).toBe('body')
  })

  it('gives what a server answers', () => {
    expect(decode('HTTP/1.0 404 Not Found\nServer: x\n\n').http).toMatchObject({
      isRequest: false,
      version: '1.0',
      status: 404,
      reason: 'Not Found',
      method: undefined,
      target: undefined,
      isPartial: false
    })
    expect(decode('HTTP/1.1 200\r\n\r\n').http).toMatchObject({ status: 200, reason: '' })
    expect(decode('HTTP/1.1 2x0 OK\r\n\r\n').http?.status).toBeUndefined()
  })

  it('is part of events', () => {
    expect(toPacketInfo(logged(segment(request))).HTTP).toEqual({
      Method: 'GET',
      Target: '/a?b=c',
      Version: '1.1',
      Host: 'example.org:8080',
      UserAgent: 'curl/8'
    })
    expect(toPacketInfo(logged(segment('HTTP/1.1 301 Moved\r\nLoc'))).HTTP).toEqual({
      Version: '1.1',
      Status: 301,
      Reason: 'Moved',
      Partial: true
    })
  })

  it('keeps what was in front of the cut, wherever a segment ends', () => {
    const head = request.slice(0, -4)
    for (let length = 5; length < head.length; length++) {
      const { http, error } = decode(head.slice(0, length))
      expect(error).toBeUndefined()
      expect(http).toMatchObject({ isPartial: true, method: 'GET' })
      expect(http?.host).toBe(length >= head.indexOf('Host: other') ? 'example.org:8080' : undefined)
    }
  })

  it('takes a target with blanks up to the last of them', () => {
    expect(decode('GET /a b HTTP/1.1\r\n\r\n').http).toMatchObject({ target: '/a b', version: '1.1' })
    expect(decode('GET /\r\n\r\n').http).toMatchObject({ target: '/', version: '' })
  })

  it.each(['GETTING started', 'GET  two blanks', 'POST', 'ICY 200 OK', 'HTTP/2.0 200', 'hello', ''])(
    'is not seen in %j',
    text => {
      expect(decode(text)).toEqual({ http: undefined, error: undefined })
    }
  )
})
