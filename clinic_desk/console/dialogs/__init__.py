"""What the console asks for and shows on screens above the queue."""
