// The runs of `pnpm sim`: registers, judged by the log and from outside.
import { checkFromOutside } from '../checkers/client-history-as-seen-from-outside.js'
import {
  type RegisterCommand,
  type Registers,
  registers,
  registerWorkload,
} from '../clients/register-workload.js'
import type { RunOptions } from '../runner/run.js'

export type RegistersRun = RunOptions<RegisterCommand, number | boolean, Registers>

export function registersRun(options: Omit<RegistersRun, 'stateMachine' | 'workload'>): RegistersRun {
  return { stateMachine: registers, workload: registerWorkload, judge: checkFromOutside, ...options }
}
