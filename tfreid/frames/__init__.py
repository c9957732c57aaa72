"""From frames and boxes to pictures of people, and how well people are found again in them."""
