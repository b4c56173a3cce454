import { MantineProvider } from '@mantine/core'
import { RouterProvider } from 'react-router-dom'

import { theme } from '@/ui/theme'

import { router } from './routes'

export function App() {
  return (
    <MantineProvider theme={theme} defaultColorScheme="dark">
      <RouterProvider router={router} />
    </MantineProvider>
  )
}
