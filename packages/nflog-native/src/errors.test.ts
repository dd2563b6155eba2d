import { describe, expect, it } from 'vitest'
import { NflogError } from './errors.js'
import { toNflogError } from './kernel-error.js'
import type { NativeError } from './native.js'

function nativeError(fields: Partial<NativeError>): NativeError {
  return Object.assign(new Error('text of the system'), { syscall: 'send', errno: 1, osCode: 'EPERM' }, fields)
}

describe('an NflogError', () => {
  it('is recognised across copies of the package', () => {
    const foreign = Object.assign(new Error('x'), { [Symbol.for('@packet-logs/nflog-native/NflogError')]: true })
    expect(foreign).toBeInstanceOf(NflogError)
    expect(new Error('x')).not.toBeInstanceOf(NflogError)
    expect(null).not.toBeInstanceOf(NflogError)
  })

  it.each([
    [{ privileged: true, group: 64999 }, 'NFLOG_GROUP_IN_USE', /stop that reader/],
    [{ privileged: false, group: 64999 }, 'NFLOG_PERMISSION', /CAP_NET_ADMIN/],
    [{ osCode: 'EINVAL' }, 'NFLOG_IO', /modprobe nfnetlink_log/],
    [{ osCode: 'ENOBUFS' }, 'NFLOG_IO', /receiveBufferBytes/],
    [{ osCode: 'EMFILE' }, 'NFLOG_IO', /text of the system.*raise the limit/],
    [{ osCode: 'EIO' }, 'NFLOG_IO', /text of the system.*open it again/]
  ])('made from %j has code %s and says what to do', (fields, code, message) => {
    const cause = nativeError(fields)
    const error = toNflogError(cause)
    expect(error).toMatchObject({ name: 'NflogError', code, cause, syscall: 'send', osCode: cause.osCode })
    expect(error.message).toMatch(message)
  })
})
