import { create } from 'zustand'
import { persist } from 'zustand/middleware'

export type Density = 'comfortable' | 'compact'

interface Preferences {
  density: Density
  railFolded: boolean
  setDensity: (density: Density) => void
  setRailFolded: (folded: boolean) => void
}

/** How this person likes this browser to look. Nothing about patients is ever kept here. */
export const usePreferences = create<Preferences>()(
  persist(
    (set) => ({
      density: 'comfortable',
      railFolded: false,
      setDensity: (density) => set({ density }),
      setRailFolded: (railFolded) => set({ railFolded }),
    }),
    { name: 'consilium.preferences' },
  ),
)
