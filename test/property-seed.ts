import * as fc from 'fast-check'

/**
 * Property tests draw the same cases in every run, so that a red build is red again on the next machine.
 * `SEEDFALL_PROPERTY_SEED=N` draws others.
 */
fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(process.env.SEEDFALL_PROPERTY_SEED ?? 1) })
