import { dropTemporaryDatabases } from '@holdfast/testkit'
import { afterAll } from 'vitest'

afterAll(dropTemporaryDatabases)
