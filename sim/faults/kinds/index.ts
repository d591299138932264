import type { FaultDefinition } from '../definition.js'
import { clockDrift } from './clock-drift.js'
import { clockFreeze } from './clock-freeze.js'
import { clockSkew } from './clock-skew.js'
import { clockStep } from './clock-step.js'
import { codeFailpoint } from './code-failpoint.js'
import { codeMaybe } from './code-maybe.js'
import { connHalfOpen } from './conn-half-open.js'
import { connRefuse } from './conn-refuse.js'
import { connReset } from './conn-reset.js'
import { connStall } from './conn-stall.js'
import { diskFull } from './disk-full.js'
import { diskLost } from './disk-lost.js'
import { diskLostRename } from './disk-lost-rename.js'
import { diskMisdirectRead } from './disk-misdirect-read.js'
import { diskMisdirectWrite } from './disk-misdirect-write.js'
import { diskReadError } from './disk-read-error.js'
import { diskRot } from './disk-rot.js'
import { diskSlow } from './disk-slow.js'
import { diskStall } from './disk-stall.js'
import { diskSyncError } from './disk-sync-error.js'
import { diskSyncLie } from './disk-sync-lie.js'
import { diskTorn } from './disk-torn.js'
import { diskWipe } from './disk-wipe.js'
import { diskWriteError } from './disk-write-error.js'
import { netBandwidth } from './net-bandwidth.js'
import { netClog } from './net-clog.js'
import { netCorrupt } from './net-corrupt.js'
import { netDelay } from './net-delay.js'
import { netDrop } from './net-drop.js'
import { netDuplicate } from './net-duplicate.js'
import { netFlap } from './net-flap.js'
import { netPartition } from './net-partition.js'
import { netPriority } from './net-priority.js'
import { netReorder } from './net-reorder.js'
import { powerLoss } from './power-loss.js'
import { processCrash } from './process-crash.js'
import { processCrashLoop } from './process-crash-loop.js'
import { processPause } from './process-pause.js'
import { processSlow } from './process-slow.js'
import { processUpgrade } from './process-upgrade.js'
import { storeConflict } from './store-conflict.js'
import { storeError } from './store-error.js'
import { storePartialMultipart } from './store-partial-multipart.js'
import { storeSlow } from './store-slow.js'
import { storeTimeoutAfterCommit } from './store-timeout-after-commit.js'

/** The fault kinds that Seedfall brings, in the order of reports. */
export const stockDefinitions: readonly FaultDefinition[] = [
  netDelay,
  netDrop,
  netDuplicate,
  netReorder,
  netCorrupt,
  netClog,
  netPartition,
  netFlap,
  netBandwidth,
  connReset,
  connRefuse,
  connHalfOpen,
  connStall,
  netPriority,
  diskLost,
  diskTorn,
  diskLostRename,
  diskSyncError,
  diskReadError,
  diskWriteError,
  diskFull,
  diskSlow,
  diskStall,
  diskSyncLie,
  diskRot,
  diskMisdirectRead,
  diskMisdirectWrite,
  diskWipe,
  processCrash,
  processCrashLoop,
  processPause,
  processSlow,
  processUpgrade,
  powerLoss,
  clockSkew,
  clockDrift,
  clockStep,
  clockFreeze,
  codeMaybe,
  codeFailpoint,
  storeError,
  storeTimeoutAfterCommit,
  storePartialMultipart,
  storeSlow,
  storeConflict,
]
