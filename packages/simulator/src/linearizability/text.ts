// An explanation as text: a line per operation with its client, its times and a bar, then the furthest order.
import type { Explanation } from './explain.js'
import type { History, Operation } from './history.js'

export interface Labels<Input, Output> {
  operation(operation: Operation<Input, Output>): string
  state(state: unknown): string
}

export interface Background<Input, Output> {
  /** The part of the history, and the longest order of all of it. */
  readonly history: History<Input, Output>
  readonly whole: { readonly order: History<Input, Output>; readonly unplaced: Operation<Input, Output> }
  /** After the prefix. */
  readonly state: unknown
}

/** A bar has a column for each time that occurs; with more than this, no bars. */
const BAR_COLUMNS_MAX = 40
const WHOLE_SHOWN_MAX = 8

export function render<Input, Output>(
  facts: Omit<Explanation<Input, Output>, 'text'>,
  { history, whole, state }: Background<Input, Output>,
  labels: Labels<Input, Output>,
): string {
  const { operations, context, minimal, prefix, unplaced, suspects } = facts
  const named = (operation: Operation<Input, Output>): string =>
    `${operation.client}: ${labels.operation(operation)}`
  const count = operations.length === 1 ? '1 operation' : `${operations.length} operations`
  const others = history.length - operations.length
  const wherever =
    others > 0 ? `, whenever and whether the other ${others === 1 ? 'one' : others} took effect` : ''
  const cannot = `Not linearizable: ${count} cannot be explained${wherever}`
  const lines = [minimal ? `${cannot}.` : `${cannot} (not shrunk to the end: the budget was used up).`]
  lines.push('', ...table(operations, labels))
  if (context.length > 0) lines.push('', 'Of the others, these play a part:', ...table(context, labels))
  lines.push('', 'As far as any order gets:')
  lines.push(...prefix.map((operation, i) => `  ${i + 1}. ${named(operation)}`))
  lines.push(`  ${prefix.length > 0 ? 'now' : 'at first'} ${labels.state(state)}`)
  lines.push(`  no place for ${named(unplaced)}`)
  if (suspects.length > 0) {
    lines.push('', 'There would be an order if this had been applied, but it was answered as not applied:')
    lines.push(...table(suspects, labels))
  }
  if (others > 0) {
    const last = whole.order.slice(-WHOLE_SHOWN_MAX)
    lines.push('', `Of all ${history.length}, an order was found for ${whole.order.length}, at its end:`)
    lines.push(...last.map((operation) => `  ${named(operation)}`))
    lines.push(`  then not ${named(whole.unplaced)}`)
  }
  return lines.join('\n')
}

function table<Input, Output>(
  operations: readonly Operation<Input, Output>[],
  labels: Labels<Input, Output>,
): string[] {
  const sorted = [...operations].sort((a, b) => a.calledAt - b.calledAt)
  const instants = new Set(sorted.flatMap((operation) => [operation.calledAt, returnOf(operation)]))
  instants.delete(undefined)
  const columns = ([...instants] as number[]).sort((a, b) => a - b)
  const rows = sorted.map((operation) => [
    operation.client,
    columns.length > BAR_COLUMNS_MAX ? '' : bar(operation, columns),
    times(operation),
    labels.operation(operation),
  ])
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]!.length)))
  return rows.map((row) =>
    `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd(),
  )
}

function bar(operation: Operation<unknown, unknown>, columns: readonly number[]): string {
  const from = columns.indexOf(operation.calledAt)
  const returnedAt = returnOf(operation)
  const to = returnedAt === undefined ? columns.length : columns.indexOf(returnedAt)
  if (from === to) return `${'  '.repeat(from)}┼`
  const end = returnedAt === undefined ? '┄' : '┤'
  return `${'  '.repeat(from)}├${'─'.repeat(2 * (to - from) - 1)}${end}`
}

function times(operation: Operation<unknown, unknown>): string {
  const returnedAt = returnOf(operation)
  const until = returnedAt === undefined ? 'unknown' : short(returnedAt)
  const refused = operation.outcome === 'not-applied' ? ' not applied' : ''
  return `${short(operation.calledAt)}..${until}${refused}`
}

function returnOf(operation: Operation<unknown, unknown>): number | undefined {
  return operation.outcome === 'unknown' ? undefined : operation.returnedAt
}

function short(time: number): string {
  return String(Math.round(time * 1_000) / 1_000)
}
