// Operations of the key-value store in words.
import { type Observed, UNKNOWN } from '../model.js'
import type { KvModelInput, KvModelOutput, KvModelValue } from './kv.js'

export function describeKv(input: KvModelInput, output: Observed<KvModelOutput>): string {
  const seen = output === UNKNOWN ? '' : answer(input, output)
  return seen === '' ? call(input) : `${call(input)} → ${seen}`
}

function call(input: KvModelInput): string {
  const head = `${input.type} ${input.key}`
  if (input.type === 'put') return `${head} = ${show(input.value)}`
  return input.type === 'cas' ? `${head} from ${show(input.expected)} to ${show(input.value)}` : head
}

function answer(input: KvModelInput, output: KvModelOutput): string {
  if (input.type === 'get') return show(output && 'value' in output ? output.value : null)
  if (output === undefined || 'value' in output) return ''
  if ('created' in output) return output.created ? 'created' : 'replaced'
  if ('deleted' in output) return output.deleted ? 'deleted' : 'nothing to delete'
  const words: string[] = []
  if ('succeeded' in output) words.push(output.succeeded ? 'succeeded' : 'not as expected')
  if ('entry' in output) words.push(`now ${show(output.entry?.value ?? null)}`)
  return words.join(', ')
}

function show(value: KvModelValue | null): string {
  if (value === null) return 'nothing'
  return typeof value === 'string' ? JSON.stringify(value) : `bytes [${value.join(' ')}]`
}
