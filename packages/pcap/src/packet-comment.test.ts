import { expect, it } from 'vitest'
import { formatPacketComment, parsePacketComment } from './packet-comment.js'

it('names the devices that are known and the length before the cut', () => {
  expect(formatPacketComment({ inDevice: 'br0', physInDevice: 'wlan0.4096', outDevice: '' }, 1500)).toBe(
    'in=br0 physin=wlan0.4096 length=1500'
  )
  expect(formatPacketComment({})).toBeUndefined()
})

it('leaves out a name that white space would break', () => {
  expect(formatPacketComment({ inDevice: 'not a name', outDevice: 'eth0' })).toBe('out=eth0')
})

it('reads names with an equals sign in them', () => {
  expect(parsePacketComment('in=a=b out=eth0 length=9')).toEqual({
    inDevice: 'a=b',
    outDevice: 'eth0',
    originalLength: 9
  })
})

it.each([
  '',
  'in=eth0 and more',
  'in=',
  'in=eth0  out=eth1',
  'in=a in=b',
  'seen in=eth0',
  '=in',
  'length=-1',
  'length'
])('takes %j for a comment of somebody else', comment => {
  expect(parsePacketComment(comment)).toBeUndefined()
})
