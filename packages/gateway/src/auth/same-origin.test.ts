import { describe, expect, it } from 'vitest'
import { OriginPolicy } from './same-origin.js'

describe('pages that may use the gateway', () => {
  it.each<[string | undefined, string | undefined, boolean]>([
    [undefined, 'a', true],
    ['http://a', 'a', true],
    ['http://A:80', 'a', true],
    ['https://a', 'a:443', true],
    ['https://a', 'a:80', false],
    ['http://a:8080', 'a', false],
    ['http://a.b', 'a', false],
    ['http://[::1]:8080', '[::1]:8080', true],
    ['https://other.example', 'a', true],
    ['https://other.example:8443', 'a', false],
    ['http://other.example', 'a', false],
    ['null', 'null', false],
    ['file://', '', false],
    ['http://a', undefined, false],
    ['chrome-extension://a', 'a', true],
    ['nonsense', 'nonsense', false]
  ])('are of %s, asking for %s: %s', (origin, host, allowed) => {
    expect(new OriginPolicy(['https://other.example']).allows(origin, host)).toBe(allowed)
  })

  it.each(['spr.example', 'https://spr.example/path', 'https://user@spr.example', '*', 'null', ''])(
    'cannot be named %j',
    origin => {
      expect(() => new OriginPolicy([origin])).toThrow(TypeError)
    }
  )

  it.each<[string | undefined, boolean]>([
    ['localhost', true],
    ['LOCALHOST:8080', true],
    ['gateway.localhost', true],
    ['127.0.0.1:8080', true],
    ['127.1.2.3', true],
    ['[::1]:8080', true],
    ['spr.example:99', true],
    ['192.168.2.1', false],
    ['evil.example', false],
    ['localhost.evil.example', false],
    ['127.0.0.1.evil.example', false],
    ['[::2]', false],
    ['a b', false],
    ['', false],
    [undefined, false]
  ])('reach a loopback listener by the name %s: %s', (host, allowed) => {
    expect(new OriginPolicy(['https://spr.example']).allowsLoopbackHost(host)).toBe(allowed)
  })
})
