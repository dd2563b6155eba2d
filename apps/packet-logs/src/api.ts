import type { BusClient } from '@packet-logs/bus'
import {
  createGateway,
  type Gateway,
  type Health,
  type TcpAddress,
  tokenFiles,
  type UnixAddress
} from '@packet-logs/gateway'
import type { Notice } from '@packet-logs/rules'
import type { Registry } from 'prom-client'
import type { HttpConfig } from './config/http.js'
import { isLoopback, type ListenAddress, parseListenAddress } from './config/listen-address.js'
import { modeOf } from './config/socket-mode.js'
import { defaultTokenPath, ensureTokenFile, type TokenPlace } from './http-token.js'
import type { RuleService } from './rule-service.js'

/** What the API shows. */
export interface ApiParts {
  readonly bus: BusClient
  readonly rules?: RuleService | undefined
  readonly metrics: () => Registry
  readonly health: () => Health
  /** Where a token may be kept. */
  readonly place: TokenPlace
}

/** The HTTP and WebSocket API, from before anybody can connect until the last client is gone. */
export class Api implements AsyncDisposable {
  readonly #config: HttpConfig
  readonly #settle: () => Promise<void>
  readonly #log: (text: string) => void
  #gateway: Gateway | undefined

  /** @param settle resolves when readers in this process have what was published */
  constructor(config: HttpConfig, settle: () => Promise<void>, log: (text: string) => void) {
    this.#config = config
    this.#settle = settle
    this.#log = log
  }

  /** Whether there shall be one. */
  get isWanted(): boolean {
    return this.#config.listen !== undefined
  }

  /** Sends to those who watch; nobody does before it listens. */
  notify(notice: Notice): void {
    this.#gateway?.notify(notice)
  }

  /** Listens where it is configured to. */
  async listen({ bus, rules, metrics, health, place }: ApiParts): Promise<void> {
    const { listen = '', origins } = this.#config
    const address = parseListenAddress(listen)
    if (address === undefined) return
    const tokenPath = await this.#tokenPath(address, place)
    const onProblem = ({ message }: Error): void => this.#log(message)
    this.#gateway = createGateway({
      bus,
      metrics: [metrics()],
      health,
      onProblem,
      ...(rules && { rules: rules.files, actions: () => rules.actions.stats().map(stats => ({ ...stats })) }),
      ...(tokenPath !== undefined && { authenticate: await tokenFiles(tokenPath, { onProblem }) }),
      ...(origins !== undefined && { origins })
    })
    const { url } = await this.#gateway.listen(this.#where(address))
    this.#log(`the API is at ${url}${tokenPath === undefined ? '' : `; its token is in ${tokenPath}`}`)
    if ('host' in address && this.#config.tls === undefined && !isLoopback(address.host)) {
      this.#log('the API has no http.tls: tokens and events pass in clear over the networks that reach it')
    }
  }

  /** Lets those who watch have what was published so far, for a moment. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#gateway === undefined) return
    await this.#settle()
    await this.#gateway.close()
  }

  /** The file of tokens; undefined where permissions say who may connect. */
  async #tokenPath(address: ListenAddress, place: TokenPlace): Promise<string | undefined> {
    const { tokenFile } = this.#config
    if (tokenFile !== undefined || 'path' in address) return tokenFile
    const path = defaultTokenPath(place)
    await ensureTokenFile(path)
    return path
  }

  #where(address: ListenAddress): TcpAddress | UnixAddress {
    const { socketMode, tokenFile, tls } = this.#config
    if (!('path' in address)) return { ...address, ...(tls && { tls }) }
    return {
      path: address.path,
      tokens: tokenFile !== undefined,
      ...modeOf(socketMode)
    }
  }
}
