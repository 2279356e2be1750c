"""The broker as operators see it: dead letters, inspection, management API, permissions. Imports pika."""
