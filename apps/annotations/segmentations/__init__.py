"""Segmentations that people draw: binary labelmaps on the source images' own pixels."""
