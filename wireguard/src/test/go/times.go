package device

import (
	"os"
	"strconv"
	"time"
)

// The specification's times, as they stand in constants.go, each divided by what the environment names.
var (
	RekeyAfterTime          = divided(time.Second * 120)
	RekeyAttemptTime        = divided(time.Second * 90)
	RekeyTimeout            = divided(time.Second * 5)
	RekeyTimeoutJitterMaxMs = uint32(334 / divisor)
	RejectAfterTime         = divided(time.Second * 180)
	KeepaliveTimeout        = divided(time.Second * 10)
	CookieRefreshTime       = divided(time.Second * 120)
	HandshakeInitationRate  = divided(time.Second / 50)
)

var divisor = func() int64 {
	number, err := strconv.ParseInt(os.Getenv("WIREGUARD_GO_DIVISOR"), 10, 64)
	if err != nil {
		panic(err)
	}
	return number
}()

func divided(standard time.Duration) time.Duration {
	return standard / time.Duration(divisor)
}
