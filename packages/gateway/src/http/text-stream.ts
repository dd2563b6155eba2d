import { Turns } from '../turns.js'

/** Characters that are written at a time. */
const PIECE = 64 * 1024
/** Milliseconds an answer may go unread. */
const STALL_MS = 30_000

/**
 * Writes texts as fast as they are taken, so that none is made before, and not for ever for who takes nothing. Others have
 * their turn in between.
 * @param onEnd called once, however it ends
 * @param breakOff ends the connection when not all of it can be written, and so cancels the stream; default: the stream fails,
 * which an HTTP server may print, or even tell the client as if it belonged to the answer
 */
export function streamTexts(
  texts: Iterator<string, void>,
  onEnd: () => void,
  breakOff?: () => void
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  const turns = new Turns()
  let isOver = false
  let stalled: NodeJS.Timeout | undefined
  const end = (): void => {
    clearTimeout(stalled)
    if (!isOver) onEnd()
    isOver = true
  }
  const fail = (controller: ReadableStreamDefaultController, error: unknown): void => {
    end()
    if (breakOff) breakOff()
    else controller.error(error)
  }
  const write = async (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
    let piece = ''
    let next = texts.next()
    for (; next.done !== true; next = texts.next()) {
      piece += next.value
      if (piece.length >= PIECE) break
      if (!turns.isOver) continue
      await turns.next()
      if (isOver) return
    }
    if (piece !== '') controller.enqueue(encoder.encode(piece))
    if (next.done === true) {
      controller.close()
      end()
      return
    }
    stalled = setTimeout(() => fail(controller, new Error('Nobody read the answer.')), STALL_MS).unref()
  }
  return new ReadableStream({
    pull: async controller => {
      clearTimeout(stalled)
      try {
        await write(controller)
      } catch (error) {
        fail(controller, error)
      }
    },
    cancel: end
  })
}
