import { fenced, type Script } from './script.js'

/** After a reconnect: is it still ours (the fence), and where does the log end? Answers: last. */
export const VERIFY: Script = fenced('verify', `return redis.call('HGET', meta, 'last')`)
