import { store } from './store.scenario.js'

/** The same store with its fix: reads ask a majority, and tell a majority what they are about to answer. */
export default store('store-fixed', true)
