import { once } from 'node:events'
import { networkInterfaces } from 'node:os'
import { expect, it } from 'vitest'
import { openLab } from '../src/index.js'
import { describeWithKernel } from '../src/testing.js'

describeWithKernel('a lab', () => {
  it('routes between two hosts over IPv4 and IPv6 without touching the namespace it was opened from', async () => {
    await using lab = await openLab()
    await lab.run('sh', [
      '-c',
      'echo 1 > /proc/sys/net/ipv4/ip_forward; echo 1 > /proc/sys/net/ipv6/conf/all/forwarding'
    ])
    const phone = await lab.addHost({
      name: 'phone',
      device: 'lan0',
      labAddresses: ['192.168.2.1/24', 'fd00:2::1/64'],
      addresses: ['192.168.2.5/24', 'fd00:2::5/64'],
      gateways: ['192.168.2.1', 'fd00:2::1']
    })
    const internet = await lab.addHost({
      name: 'internet',
      device: 'wan0',
      labAddresses: ['203.0.113.1/24', '2001:db8::1/64'],
      addresses: ['203.0.113.9/24', '2001:db8::9/64'],
      gateways: ['203.0.113.1', '2001:db8::1']
    })
    const greeter = `require('net').createServer(s => s.end(s.remoteAddress)).listen(7777, '::', () => console.log('up'))`
    const server = internet.spawn(process.execPath, ['-e', greeter])
    if (server.stdout) await once(server.stdout, 'data')
    for (const [address, seenAs] of [
      ['203.0.113.9', '::ffff:192.168.2.5'],
      ['2001:db8::9', 'fd00:2::5']
    ]) {
      const caller = `require('net').connect(7777, '${address}').pipe(process.stdout)`
      const { stdout } = await phone.run(process.execPath, ['-e', caller])
      expect(stdout).toBe(seenAs)
    }
    expect(networkInterfaces()).not.toHaveProperty('lan0')
  })

  it('says what a failing command printed', async () => {
    await using lab = await openLab()
    await expect(lab.run('sh', ['-c', 'echo no such thing >&2; exit 3'])).rejects.toThrow(
      /exited with 3: no such thing/
    )
    await expect(lab.nft('add rule inet nowhere nothing drop')).rejects.toThrow(/nft -f -/)
  })

  it('leaves no process behind when it is closed', async () => {
    const lab = await openLab()
    const sleeper = lab.spawn('sh', ['-c', 'echo up; exec sleep 600'])
    // It has to be in the lab's namespaces to be ended with them.
    if (sleeper.stdout) await once(sleeper.stdout, 'data')
    const ended = once(sleeper, 'exit')
    await lab.close()
    expect(await ended).toEqual([null, 'SIGKILL'])
    expect(() => process.kill(lab.pid, 0)).toThrow()
    await lab.close()
  })
})
