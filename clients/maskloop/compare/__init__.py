"""Ways of choosing side by side: strategies and seeds on one data set, judged by quality over annotator seconds."""
