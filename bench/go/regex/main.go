// Regular expressions over n lines of a made-up log.
package main

import (
	"fmt"
	"regexp"
	"strings"

	"ring3.dev/bench/measure"
)

func main() {
	measure.Run(func(n int) string {
		random := measure.Random(3)
		hosts := []string{"alpha", "beta", "gamma.example", "delta.example"}
		var text strings.Builder
		for i := 0; i < n; i++ {
			fmt.Fprintf(&text, "%02d:%02d:%02d host=%s user%d@mail-%d.example took %d.%03ds (status %d)\n",
				random.Below(24), random.Below(60), random.Below(60), hosts[random.Below(4)],
				random.Below(100), random.Below(10), random.Below(5), random.Below(1000), 200+100*random.Below(4))
		}
		log := text.String()
		mail := regexp.MustCompile(`[a-z0-9]+@[a-z0-9-]+\.[a-z]{2,7}`)
		slow := regexp.MustCompile(`(?m)^(\d\d):\d\d:\d\d host=(\S+) .* took ([2-4])\.(\d+)s \(status (2|4)00\)$`)
		words := regexp.MustCompile(`(alpha|beta|gamma|delta)(\.example)?`)
		mails := len(mail.FindAllString(log, -1))
		sum := 0
		for _, match := range slow.FindAllStringSubmatch(log, -1) {
			sum += len(match[2]) + int(match[3][0]-'0')
		}
		return fmt.Sprintf("%d %d %d", mails, sum, len(words.ReplaceAllString(log, "<$1>")))
	})
}
