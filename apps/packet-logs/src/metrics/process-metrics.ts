import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks'
import type { Metrics } from './metrics.js'

const microsecondsPerSecond = 1e6
const nanosecondsPerSecond = 1e9
/** Finer is of no use to anybody and wakes the process more often. */
const resolutionMs = 20

/** Tells what the process itself costs. The delay is measured for as long as the process lives, but keeps it from ending no more. */
export function addProcessMetrics(metrics: Metrics): void {
  const delay = monitorEventLoopDelay({ resolution: resolutionMs })
  delay.enable()
  const startSeconds = Date.now() / 1000 - process.uptime()
  metrics.counter('process_cpu_seconds_total', 'Processor time of all threads.', () => {
    const { user, system } = process.cpuUsage()
    return (user + system) / microsecondsPerSecond
  })
  metrics.gauge('process_resident_memory_bytes', 'Memory in use, buffers included.', () => process.memoryUsage.rss())
  metrics.gauge('process_heap_bytes', 'Memory in use for objects.', () => process.memoryUsage().heapUsed)
  metrics.gauge('process_start_time_seconds', 'When it started, in seconds since the epoch.', () => startSeconds)
  metrics.gauge(
    'event_loop_delay_seconds',
    'How late the busiest one in a hundred timers was since this was last asked for.',
    () => takeDelay(delay)
  )
}

function takeDelay(delay: IntervalHistogram): number {
  const seconds = Math.max(0, delay.percentile(99) / nanosecondsPerSecond - resolutionMs / 1000)
  delay.reset()
  return seconds
}
