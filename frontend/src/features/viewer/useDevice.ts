import { useSyncExternalStore } from 'react'

import { deviceChanged, deviceProfile, type DeviceProfile } from '@/viewer/device'

const subscribe = (notify: () => void): (() => void) => deviceChanged.on(notify)

/** What this machine is asked to do, as it is now. */
export const useDevice = (): DeviceProfile => useSyncExternalStore(subscribe, deviceProfile)
