import { MantineProvider } from '@mantine/core'
import { Notifications } from '@mantine/notifications'
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from 'react-router-dom'

import { theme } from '@/ui/theme'
import { usePresentation } from '@/ui/usePresentation'

import { queryClient } from './priming'
import { router } from './routes'

const NOTICE_MS = 6_000

export function App() {
  usePresentation()
  return (
    <MantineProvider theme={theme} defaultColorScheme="dark">
      <QueryClientProvider client={queryClient}>
        <Notifications position="bottom-right" autoClose={NOTICE_MS} />
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  )
}
