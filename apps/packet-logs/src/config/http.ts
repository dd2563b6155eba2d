import { z } from 'zod'
import { field } from './field.js'
import { listenAddressHint, parseListenAddress } from './listen-address.js'
import { socketModeSchema } from './socket-mode.js'

/** The HTTP and WebSocket API. */
export interface HttpConfig {
  listen?: string | undefined
  tokenFile?: string | undefined
  tls?: { cert: string; key: string } | undefined
  origins?: string[] | undefined
  socketMode?: string | undefined
}

const httpFields = z.strictObject({
  listen: field(
    z
      .string()
      .refine(text => parseListenAddress(text) !== undefined, listenAddressHint)
      .optional(),
    '`ADDR:PORT` or `unix:PATH`; `--http`. Only who can reach the address can connect: `127.0.0.1:8080` is this machine alone.',
    { otherwise: 'there is no API' }
  ),
  tokenFile: field(
    z.string().min(1).optional(),
    'File of the tokens that let clients in, one per line; it is read again when it changes.',
    {
      otherwise:
        'on a port, `http-token` beside the own bus socket, else in `/run/packet-logs` (root) or `$XDG_RUNTIME_DIR/packet-logs`: made with a random token, for its owner only; on a unix socket none'
    }
  ),
  tls: field(
    z
      .strictObject({
        cert: field(z.string().min(1), 'File of the certificate and its chain, PEM.'),
        key: field(z.string().min(1), 'File of its private key, PEM.')
      })
      .optional(),
    'Speak TLS on the port.',
    { otherwise: 'plain HTTP' }
  ),
  origins: field(
    z.array(z.string().min(1)).optional(),
    'Origins of web pages that may connect, beside the one that the API itself is reached at, such as `https://router.lan`.',
    { otherwise: 'none' }
  ),
  socketMode: field(
    socketModeSchema.optional(),
    "Permissions of the unix socket, octal digits in quotes: `'0660'`. Without `tokenFile`, who may connect needs no token.",
    { otherwise: "`'0600'`" }
  )
})

/** Nothing listens unless it says where. */
export const httpSchema: z.ZodType<HttpConfig, HttpConfig | undefined> = field(
  httpFields
    .refine(({ tls, listen }) => tls === undefined || listen?.startsWith('unix:') !== true, {
      error: 'is for ports only',
      path: ['tls']
    })
    .prefault({}),
  "HTTP and WebSocket API: SPR's `/ws`, `/notifications` and `/alerts`, and `/events`, `/rules`, `/metrics`, `/health`."
)
