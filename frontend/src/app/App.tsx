import { MantineProvider } from '@mantine/core'
import { Notifications } from '@mantine/notifications'
import { QueryClientProvider } from '@tanstack/react-query'
import { useState } from 'react'
import { RouterProvider } from 'react-router-dom'

import { makeQueryClient } from '@/api/queryClient'
import { theme } from '@/ui/theme'

import { router } from './routes'

const NOTICE_MS = 6_000

export function App() {
  const [client] = useState(makeQueryClient)
  return (
    <MantineProvider theme={theme} defaultColorScheme="dark">
      <QueryClientProvider client={client}>
        <Notifications position="bottom-right" autoClose={NOTICE_MS} />
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  )
}
