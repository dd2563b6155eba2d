import type { LoggedPacket } from '../logged-packet.js'

/** What a packet's group stands for. It says how rules are sorted into groups, and nothing about a verdict. */
export function actionOf({ group }: LoggedPacket, action: string | undefined): string {
  return action ?? (group === 1 ? 'blocked' : 'allowed')
}
