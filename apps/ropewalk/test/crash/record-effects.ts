import type { Job, PgBoss } from 'pg-boss'
import type { DiaryLine } from './scenario.ts'

/** pg-boss whose workers first write down what they are handed. */
export const recordEffects = (boss: PgBoss, note: (line: DiaryLine) => void): PgBoss =>
  new Proxy(boss, {
    get: (target, property) => {
      const value: unknown = Reflect.get(target, property, target)
      if (typeof value !== 'function') return value
      if (property !== 'work') return value.bind(target) as unknown
      return (queue: string, options: object, handler: (jobs: Job[]) => Promise<unknown>) =>
        target.work(queue, options, (jobs: Job[]) => {
          for (const { id, data } of jobs) note({ what: 'effect', id, queue, data: JSON.stringify(data) })
          return handler(jobs)
        })
    },
  })
