import type { NflogSocket } from '@packet-logs/nflog-native'

const reportMs = 1000

/** Tells the operator when the kernel had packets that nobody took in time: at most a sentence a second. */
export function reportLoss(socket: NflogSocket, log: (text: string) => void): Disposable {
  let reported = 0
  const report = (): void => {
    const { lost, receiveBufferBytes } = socket.stats
    if (lost === reported) return
    log(`${lost - reported} packets lost in the kernel; the receive buffer holds ${receiveBufferBytes} bytes`)
    reported = lost
  }
  const timer = setInterval(report, reportMs).unref()
  return {
    [Symbol.dispose]: () => {
      clearInterval(timer)
      report()
    }
  }
}
