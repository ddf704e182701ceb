export type { DemoSize } from './demo-size.js'
export { DEMO_TOKENS, type DemoPerson, demoCreator, demoFan } from './identities.js'
export { type SeedOptions, type SeedProgress, type SeedResult, seedDemo } from './seed-demo.js'
