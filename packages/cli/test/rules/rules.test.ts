import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createPcapngWriter, fromLoggedPacket, LINKTYPE_RAW } from '@packet-logs/pcap'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Ran, runMain } from '../support/run-main.js'

const startUs = 1_700_000_000_000_000

const notifications = `[
 {"Conditions":{"Prefix":"nft:drop:input","DstPort":22},"Notification":true},
 {"Conditions":{"Prefix":"nft:wan:out","Protocol":"tcp"},"Notification":true}
]`

const rules = `rules:
  - id: scan
    when: action == "blocked" && tcp.syn
    distinct: { field: dst.port, count: 20, within: 60s, by: [src.ip] }
    cooldown: 10m
    severity: high
    title: 'Scan from {{src.ip}}'
  - id: web
    when: dst.port == 443
    by: [src.ip]
    aggregate: 10s
    title: 'Web, {{count}} times'
  - id: many
    when: dst.port == 443
    threshold: { count: 50, within: 60s, by: [src.ip] }
  - id: telnet
    when: action == "blocked" && dst.port == 23 && inDevice == "lan0"
  - id: counted
    when: dst.port == 20
    dryRun: true
  - id: failures
    when: event.user == "root"
    topics: ['auth:']
  - id: escalation
    when: topic.endsWith(":scan")
    topics: ['alert:']
  - id: "off"
    when: length > 3
    enabled: false
`

let directory = ''
const path = (name: string): string => join(directory, name)
const run = (...args: string[]): Promise<Ran> => runMain(['rules', ...args])
const put = (name: string, text: string | Buffer): string => {
  writeFileSync(path(name), text)
  return path(name)
}

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'packet-logs-rules-'))
  put('notifications.json', notifications)
  put('rules.yaml', rules)
  put('scan.pcapng', scan())
})
afterAll(() => rmSync(directory, { recursive: true }))

/** A SYN a second for a minute, to ports 20 to 49 and then to 443; then one that is no IP packet. */
function scan(): Buffer {
  const writer = createPcapngWriter()
  const syn = Buffer.from('45000028123440004006a335c0a8020a080808089c4001bb00000001000000005002faf019740000', 'hex')
  const records = Array.from({ length: 60 }, (_, second) => {
    const payload = Buffer.from(syn)
    payload.writeUInt16BE(second < 30 ? 20 + second : 443, 22)
    const timestampUs = startUs + second * 1_000_000
    return fromLoggedPacket({ group: 1, prefix: 'drop:input ', payload, timestampUs, inDevice: 'wan0' })
  })
  const all = [...records, { linkType: 9999, data: syn }]
  return Buffer.concat([writer.header(), ...all.map(record => writer.encode(record))])
}

const line = (topic: string, value: object): string => `${JSON.stringify({ Topic: topic, Value: value })}\n`

describe('packet-logs rules check', () => {
  it('says what a file holds', async () => {
    const { stdout, status } = await run('check', path('rules.yaml'))
    expect(status).toBe(0)
    expect(stdout).toContain('8 rules, 6 on packets, 2 on events (auth:, alert:), as rules.yaml')
    expect(stdout).toContain('switched off: off')
    expect(stdout).toContain('dry run: counted')
  })

  it('names file, line, path and reason of every problem, and points into filters', async () => {
    const bad = put(
      'bad.yaml',
      'rules:\n  - id: a\n    when: dst.prot == 22\n  - id: b\n    when: "true"\n    titel: x\n'
    )
    const { stdout, stderr, status } = await run('check', bad, path('notifications.json'))
    expect(status).toBe(1)
    expect(stdout).toContain(`${bad}:3: rules[0].when there is no field 'dst.prot'; did you mean dst.port?`)
    expect(stdout).toContain('dst.prot == 22\n  ^^^^^^^^')
    expect(stderr).toContain(`${bad}: cannot be loaded`)
  })

  it('warns of what is hardly meant, and ends with 1 for it only when told to', async () => {
    const { stdout, status } = await run('check', path('notifications.json'))
    expect(stdout).toContain('notifications.json:2: [0].Conditions.DstPort is 22, but SPR looks at ports only')
    expect(status).toBe(0)
    expect((await run('check', '--strict', path('notifications.json'))).status).toBe(1)
    const odd = put(
      'odd.yaml',
      'rules:\n  - { id: a, when: "false" }\n  - { id: b, when: length > 9, actions: [] }\nactions:\n  x: { type: ntfy, url: "https://ntfy.example/x" }\n'
    )
    const warned = await run('check', odd)
    expect(warned.stdout).toContain(`${odd}:2: rules[0].when never matches`)
    expect(warned.stdout).toContain(`${odd}:3: rules[1].actions is empty`)
    expect(warned.stdout).toContain('actions.x is used by no rule')
    expect(warned.stdout).toContain('cannot be looked up, and are tried on each packet: a, b')
  })

  it('says of each file that cannot be read why, and looks at the others', async () => {
    const latin = put('latin.yaml', Buffer.from('rules: [] # caf\xe9\n', 'latin1'))
    const { stdout, stderr, status } = await run('check', path('none.yaml'), latin, directory, path('rules.yaml'))
    expect(stdout).toContain(`problem ${path('none.yaml')}: ENOENT`)
    expect(stdout).toContain(`${latin} is not text in UTF-8`)
    expect(stdout).toContain('is a directory')
    expect(stdout).toContain(`ok      ${path('rules.yaml')}: 8 rules`)
    expect(stderr).toContain(`${path('none.yaml')}, ${latin}, ${directory}: cannot be loaded`)
    expect(status).toBe(1)
    const json = await run('check', '--json', path('none.yaml'))
    expect(JSON.parse(json.stdout)).toMatchObject({ ok: false, files: [{ problems: [{ path: '' }] }] })
    expect((await run('check', '-', '-')).status).toBe(2)
  })

  it('reads standard input, and tells programs as JSON', async () => {
    const { stdout } = await runMain(['rules', 'check', '--json', '-'], notifications)
    expect(JSON.parse(stdout)).toMatchObject({
      ok: true,
      files: [{ file: 'standard input', kind: 'notifications', warnings: [{ line: 2 }], summary: { rules: 2 } }]
    })
    const asAlerts = await runMain(['rules', 'check', '--kind', 'alerts', '-'], notifications)
    expect(asAlerts.stdout).toContain('it does not load as alerts.json')
  })
})

describe('packet-logs rules explain', () => {
  it('says what SPR makes of an entry, and what was meant', async () => {
    const { stdout } = await run('explain', path('notifications.json'), '--rule', '[0]')
    expect(stdout).toContain('As SPR reads it, matches when the log prefix as SPR compares it is "drop:input".')
    expect(stdout).toContain('and the destination port is 22.')
    expect(stdout).toContain('filter spr.prefix == "drop:input"')
    expect(stdout).not.toContain('[1] (line 3)')
  })

  it('says in sentences what a rule does', async () => {
    const { stdout } = await run('explain', path('rules.yaml'), '--rule', 'scan')
    expect(stdout.split('\n').slice(0, 6)).toEqual([
      'scan (line 2)',
      '  Looks at packets.',
      '  Waits until 20 different values of dst.port with the same src.ip came within 1m.',
      '  Raises an alert of severity high for each src.ip, under alert:<topic>:scan, to bus.',
      '  Then is silent for 10m for each src.ip.',
      '  Matches when the action is "blocked", and the TCP flag SYN is set.'
    ])
  })

  it('says why a packet of a capture, or an event, matches or does not', async () => {
    const packet = await run('explain', path('rules.yaml'), path('scan.pcapng'), '--number', '4', '--rule', 'telnet')
    expect(packet.stdout).toContain('does not match')
    expect(packet.stdout).toContain('yes dst.port == 23   dst.port is 23')
    expect(packet.stdout).toContain('no  inDevice == "lan0"   inDevice is "wan0"')
    const events = put('auth.ndjson', line('auth:failure', { user: 'root' }) + line('dns:x', {}))
    const json = await run('explain', path('rules.yaml'), '--event', events, '--rule', 'failures', '--json')
    expect(JSON.parse(json.stdout)).toMatchObject({ id: 'failures', readings: [{ name: 'when', matches: true }] })
    const other = await run('explain', path('rules.yaml'), events, '--number', '2', '--rule', 'failures')
    expect(other.stdout).toContain('no  topics: [auth:]   topic is "dns:x"')
    expect(other.stdout).toContain('event.user is absent')
  })

  it('takes entries of alerts.json as they are, also those that no filter can say', async () => {
    const conditions = [{ JPath: '$[?(@.IP.SrcIP=="010.0.0.1")]' }]
    const entry = (Name: string, rest: object): object => ({
      TopicPrefix: 'nft:',
      Name,
      Actions: [{ StoreAlert: true }],
      ...rest
    })
    const text = JSON.stringify([entry('zeros', { Conditions: conditions }), entry('Name', {})], null, 1)
    const alerts = put('zeros.json', text)
    const { stdout, status } = await run('explain', alerts, path('scan.pcapng'))
    expect(status).toBe(0)
    expect(stdout).toContain("cannot be written in rules.yaml: '010.0.0.1' is no IP address")
    expect(stdout).toContain('no  $[?(@.IP.SrcIP=="010.0.0.1")]')
    const line = text.slice(0, text.lastIndexOf('"TopicPrefix"')).split('\n').length - 1
    expect(stdout).toContain(`Name (line ${line})`)
    expect(stdout).toContain('As it is meant, matches always.')
    expect((await run('test', alerts, path('scan.pcapng'), '--expect', 'zeros=0')).status).toBe(0)
  })

  it.each([
    [['--rule', 'none'], 'there is no rule "none"; there are scan, web', 2],
    [['no-such-file'], 'ENOENT', 1],
    [['--event', 'x', 'y'], 'use one of them', 2],
    [['--number', '0'], 'a number from 1 on', 2]
  ])('says what is wrong with %j', async (args, message, code) => {
    const { stderr, status } = await run('explain', path('rules.yaml'), ...args)
    expect(stderr).toContain(message)
    expect(status).toBe(code)
  })

  it('says when a recording has no such event', async () => {
    const { stderr, status } = await run('explain', path('rules.yaml'), path('scan.pcapng'), '--number', '61')
    expect(stderr).toContain('packet 61 is no event: its link type carries no IP packet')
    expect(status).toBe(1)
  })
})

describe('packet-logs rules migrate', () => {
  it('writes a rules.yaml that loads, to standard output or to a file that it does not replace by itself', async () => {
    const { stdout, status } = await run('migrate', path('notifications.json'))
    expect(status).toBe(0)
    expect((await run('check', '--strict', put('migrated.yaml', stdout))).status).toBe(0)
    const output = path('new.yaml')
    expect(await run('migrate', path('notifications.json'), '--reading', 'spr', '-o', output)).toMatchObject({
      status: 0
    })
    expect(readFileSync(output, 'utf8')).toContain('when: spr.prefix == "drop:input"')
    const again = await run('migrate', path('notifications.json'), '-o', output)
    expect(again).toMatchObject({ status: 2, stdout: '' })
    expect(again.stderr).toContain('--force replaces it')
    expect((await run('migrate', path('notifications.json'), '-o', output, '--force')).status).toBe(0)
    expect(readFileSync(output, 'utf8')).toBe(stdout)
  })

  it('says with file and line what it leaves out, and ends with 1', async () => {
    const alerts = put(
      'alerts.json',
      '[{"TopicPrefix":"nft:","Name":"A","Actions":[{"StoreAlert":true}],\n"Conditions":[{"JPath":"$[?(@.InDev==\\"wlan1\\")]"}]},\n' +
        '{"TopicPrefix":"nft:","Name":"B","Actions":[{"StoreAlert":true}],\n"Conditions":[{"JPath":"$..TTL"}]}]'
    )
    const { stdout, stderr, status } = await run('migrate', alerts)
    expect(stdout).toContain('when: inDevice == "wlan1"')
    expect(stdout).toContain('#   $..TTL')
    expect(stderr).toContain(`${alerts}:4: [1].Conditions[0] it searches the event at every depth`)
    expect(status).toBe(1)
    expect((await run('migrate', path('rules.yaml'))).status).toBe(2)
  })
})

describe('packet-logs rules test', () => {
  it('says which rule fired when, in the time of the recording', async () => {
    const { stdout, status } = await run('test', path('rules.yaml'), path('scan.pcapng'))
    expect(status).toBe(0)
    expect(stdout.split('\n').slice(0, 6)).toEqual([
      '2023-11-14T22:13:39.000Z high     scan ×20 src.ip=192.168.2.10 Scan from 192.168.2.10',
      '2023-11-14T22:13:39.000Z medium   escalation ×1 escalation',
      '2023-11-14T22:13:50.000Z medium   web ×1 src.ip=192.168.2.10 Web, 1 times',
      '2023-11-14T22:14:00.000Z medium   web ×9 in summary src.ip=192.168.2.10 Web, 9 times',
      '2023-11-14T22:14:10.000Z medium   web ×10 in summary src.ip=192.168.2.10 Web, 10 times',
      '2023-11-14T22:14:20.000Z medium   web ×10 in summary src.ip=192.168.2.10 Web, 10 times'
    ])
    expect(stdout).toContain(
      '-- 60 packets, 1 skipped (number 61: its link type carries no IP packet); 2023-11-14T22:13:20'
    )
  })

  it('says why the others did not', async () => {
    const { stdout } = await run('test', path('rules.yaml'), path('scan.pcapng'))
    expect(stdout).toContain('fired  web: 4 alerts of 30 matches; 29 held back by the aggregation')
    expect(stdout).toContain('silent many: saw 60, matched 30; came to 30 of 50 within 1m at most')
    expect(stdout).toContain(
      'dst.port == 23 failed 59 of 60 times, the most; saw dst.port 443 (30×), dst.port 20 (1×), dst.port 21 (1×)'
    )
    expect(stdout).toContain('inDevice == "lan0" failed 1 of 1 times; saw inDevice "wan0" (1×)')
    expect(stdout).toContain('fired  counted: 1 alert of 1 match (dry run: 1 only counted)')
    expect(stdout).toContain('silent failures: saw 0, matched 0\n         nothing came on its topics')
    expect(stdout).toContain('off    off: it is switched off')
    expect((await run('test', '--no-why', path('rules.yaml'), path('scan.pcapng'))).stdout).not.toContain('saw')
  })

  it('gives the same for the same recording as events', async () => {
    const capture = await run('test', path('rules.yaml'), path('scan.pcapng'))
    const decoded = await runMain(['decode', '--json', path('scan.pcapng')])
    const events = await runMain(['rules', 'test', path('rules.yaml'), '-'], decoded.stdout)
    const alertsOf = ({ stdout }: Ran): string => stdout.slice(0, stdout.indexOf('--'))
    expect(alertsOf(events)).toBe(alertsOf(capture))
    expect(events.stdout).toContain('-- 60 events; ')
  })

  it('prints a JSON object per alert, and one that sums up', async () => {
    const { stdout } = await run('test', '--json', '--expect', 'scan=1', path('rules.yaml'), path('scan.pcapng'))
    const lines = stdout.trimEnd().split('\n')
    const objects = lines.map(text => JSON.parse(text) as Record<string, unknown>)
    expect(objects).toHaveLength(7)
    expect(objects[0]).toMatchObject({ type: 'alert', ruleId: 'scan', count: 20, key: { 'src.ip': '192.168.2.10' } })
    expect(objects[6]).toMatchObject({
      type: 'summary',
      ok: true,
      recording: { packets: 60, skipped: 1, firstMs: startUs / 1000 },
      rules: expect.arrayContaining([
        expect.objectContaining({ id: 'many', hits: 30, reached: 30, wanted: 50, fired: 0 }) as unknown
      ]) as unknown[]
    })
  })

  it('is a test with --expect', async () => {
    const expecting = (...wishes: string[]): Promise<Ran> => {
      return run('test', ...wishes.flatMap(wish => ['--expect', wish]), path('rules.yaml'), path('scan.pcapng'))
    }
    expect((await expecting('scan', 'web=4', 'telnet=0')).status).toBe(0)
    const unmet = await expecting('scan=2', 'telnet')
    expect(unmet.status).toBe(1)
    expect(unmet.stderr).toContain('scan fired 1 times instead of 2; telnet fired 0 times instead of at least once')
    const unknown = await expecting('nobody')
    expect(unknown.stderr).toContain('--expect "nobody" names no rule')
    expect(unknown.status).toBe(2)
  })

  it('tries the files of SPR, too, and captures that carry no prefix', async () => {
    const writer = createPcapngWriter()
    const data = Buffer.from('45000028123440004006a335c0a8020a080808089c4001bb00000001000000005002faf019740000', 'hex')
    const raw = put(
      'raw.pcapng',
      Buffer.concat([writer.header(), writer.encode({ linkType: LINKTYPE_RAW, data, timestampUs: startUs })])
    )
    const spr = await run('test', path('notifications.json'), raw, '--prefix', 'drop:input', '--group', '1')
    expect(spr.stdout).toContain('message  [0] nft:drop:input')
    expect(spr.stdout).toContain('spr.prefix == "wan:out" failed 1 of 1 times; saw spr.prefix "drop:input" (1×)')
    const strict = ['--reading', 'strict', '--expect', '0=0']
    const meant = await run('test', path('notifications.json'), raw, '--prefix', 'drop:input', ...strict)
    expect(meant.status).toBe(0)
    const alerts = put(
      'tried.json',
      '[{"TopicPrefix":"nft:","Name":"A","Actions":[{"StoreAlert":true}],"Conditions":[{"JPath":"$[?(@.TCP.DstPort==443)]"}]}]'
    )
    expect((await run('test', alerts, raw, '--expect', 'A=1')).status).toBe(0)
  })

  it('tells what came of the beginning of a capture that breaks off', async () => {
    const whole = readFileSync(path('scan.pcapng'))
    const cut = put('cut.pcapng', whole.subarray(0, whole.length / 2))
    const { stdout, stderr, status } = await run('test', path('rules.yaml'), cut)
    expect(stdout).toMatch(/^-- \d+ packets; /m)
    expect(stdout).toContain('fired  scan: 1 alert of ')
    expect(stderr).toContain('PCAP_TRUNCATED')
    expect((await run('test', '--json', path('rules.yaml'), cut)).stdout).toContain('{"type":"summary","ok":false,')
    expect(status).toBe(1)
  })

  it('says what it cannot use', async () => {
    const empty = await runMain(['rules', 'test', path('rules.yaml'), '-'], 'no event\n')
    expect(empty.stderr).toContain('the recording holds no packet and no event')
    expect(empty.stdout).toBe('-- 0 packets, 1 skipped (number 1: it is not a JSON object) --\n')
    expect(empty.status).toBe(1)
    expect((await run('test', '-', '-')).status).toBe(2)
    const bad = await run('test', put('broken.yaml', 'rules: [\n'), path('scan.pcapng'))
    expect(bad.stderr).toContain('RULE_INVALID')
    expect(bad.status).toBe(1)
  })
})
