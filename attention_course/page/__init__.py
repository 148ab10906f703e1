"""What a lesson's page shows: numbers in its prose (``glue``) and what was recorded (``recorded``)."""
