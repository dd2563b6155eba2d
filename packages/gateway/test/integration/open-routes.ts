import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Broker, createBroker, createBusClient } from '@packet-logs/bus'
import { createRuleEngine, type RuleEngine } from '@packet-logs/rules'
import type { ActionStats } from '@packet-logs/rules/actions'
import { openRuleFiles, type RuleFiles } from '@packet-logs/rules/files'
import { onTestFinished } from 'vitest'
import { httpRoutes } from '../../src/http/routes.js'
import type { GatewayOptions } from '../../src/options.js'

/** An action to which nothing was given yet. */
export const IDLE_ACTION: ActionStats = {
  ...{ name: 'phone', type: 'ntfy', target: 'https://ntfy.example' },
  ...{ delivered: 0, failed: 0, dropped: 0, filtered: 0, retries: 0, queued: 0, queuedBytes: 0, active: 0 },
  ...{ lastError: undefined, lastErrorMs: undefined, lastDeliveredMs: undefined }
}

/** The routes over a bus and real rule files of their own. */
export interface OpenRoutes {
  readonly broker: Broker
  readonly engine: RuleEngine
  readonly files: RuleFiles
  /** Where a rule file is. */
  readonly pathOf: (name: 'rules.yaml' | 'alerts.json' | 'notifications.json') => string
  readonly request: (
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>
  ) => Promise<Response>
}

/** @param options `rules`: the text of a rules.yaml */
export async function openRoutes({
  rules,
  ...options
}: Omit<Partial<GatewayOptions>, 'rules'> & { rules?: string } = {}): Promise<OpenRoutes> {
  const directory = await mkdtemp(join(tmpdir(), 'gateway-http-'))
  const pathOf: OpenRoutes['pathOf'] = name => join(directory, name)
  if (rules !== undefined) await writeFile(pathOf('rules.yaml'), rules)
  const engine = createRuleEngine({ onAlert: () => undefined })
  const files = await openRuleFiles({
    engine,
    rules: pathOf('rules.yaml'),
    alerts: pathOf('alerts.json'),
    notifications: pathOf('notifications.json'),
    onProblem: () => undefined
  })
  onTestFinished(async () => {
    await files.close()
    await rm(directory, { recursive: true })
  })
  const broker = createBroker()
  const app = httpRoutes({ bus: createBusClient(broker), rules: files, ...options })
  return {
    broker,
    engine,
    files,
    pathOf,
    request: async (method, path, body, headers = {}) => {
      const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body)
      const type: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' }
      return app.request(path, { method, headers: { ...type, ...headers }, ...(text !== undefined && { body: text }) })
    }
  }
}
