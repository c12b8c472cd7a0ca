import { fenced, type Script } from './script.js'

/** Gives the log up in favour of the newest snapshot. Answers: last. */
export const RESTART: Script = fenced(
  'restart',
  `
restart(newestSnapshot())
return redis.call('HGET', meta, 'last')
`,
)
